"""The only files of the kit that a sandbox can see: nothing here may import the rest of it."""
