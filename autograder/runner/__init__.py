"""Ships to students: running their code in a process of its own; the protocol, and the plain backend."""
