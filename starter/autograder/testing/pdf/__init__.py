"""The text of a PDF file, read by code that runs nothing of it and has a limit for everything."""

from autograder.testing.pdf.pages import PdfText, read_pdf
from autograder.testing.pdf.syntax import PdfError

__all__ = ["PdfError", "PdfText", "read_pdf"]
