"""The PyTorch part: your package from s11_vision on."""
