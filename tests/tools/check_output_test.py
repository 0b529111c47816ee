#!/usr/bin/env python3
"""What tools/check_output.py accepts and refuses."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import check_output  # noqa: E402


class Matches(unittest.TestCase):
    def check(self, expected, actual):
        return check_output.matches(expected.splitlines(), actual.splitlines())

    def test_equal_text_is_accepted(self):
        self.assertTrue(self.check("a\nb (c)", "a\nb (c)"))

    def test_other_text_is_refused(self):
        self.assertFalse(self.check("a\nb", "a\nc"))

    def test_special_characters_are_literal(self):
        self.assertFalse(self.check("a.c", "abc"))

    def test_a_wildcard_stands_for_text_in_one_line(self):
        self.assertTrue(self.check("trace <id> took <seconds>s", "trace 12-ab took 0.25s"))
        self.assertFalse(self.check("trace <id>", "trace "))

    def test_a_missing_or_extra_line_is_refused(self):
        self.assertFalse(self.check("a\nb", "a"))
        self.assertFalse(self.check("a", "a\nb"))

    def test_lines_stands_for_any_number_of_lines(self):
        for actual in ("a\nz", "a\nb\nz", "a\nb\nc\nz"):
            self.assertTrue(self.check("a\n<lines>\nz", actual))
        self.assertFalse(self.check("a\n<lines>\nz", "a\nb"))


if __name__ == "__main__":
    unittest.main()
