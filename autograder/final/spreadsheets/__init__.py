"""Spreadsheets read as rows of text: ``.xlsx`` and ``.ods``, as Moodle, Excel and LibreOffice write them.

Only the first sheet is read, and of it only the values: no formula is computed, no link is followed.
"""

from autograder.final.spreadsheets.first_sheet import is_spreadsheet, read_spreadsheet

__all__ = ["is_spreadsheet", "read_spreadsheet"]
