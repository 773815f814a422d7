"""What runs beside a student's code. A sandbox can see these files: nothing here may import the rest of the kit."""
