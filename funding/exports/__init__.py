"""Files the finance software reads: proposals of titres ("titres à émettre"), as spreadsheets."""
