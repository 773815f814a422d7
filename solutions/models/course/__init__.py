"""What the course's probes of PyTorch stages share: sizes on the meta device, and weights set by their order."""
