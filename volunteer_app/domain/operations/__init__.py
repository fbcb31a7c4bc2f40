"""What phones record and deliver: one file for each kind of record, with its body, its words and what it becomes."""
