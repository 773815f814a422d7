"""An invented class: its Moodle download, built from the reference and changes to it."""
