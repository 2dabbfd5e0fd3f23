"""PES V2 (PES_RecetteAller): the accountant's own exchange format, as Hélios takes it.

``model`` is what a flow says, in plain data; ``text`` what its characters may be; ``writer`` its bytes; ``checks`` what
the schema lets through and Hélios refuses; ``reading`` reads a finished file again before it leaves; ``schema``
validates it against the official XSD when the server has it (``PES_XSD_DIR``); ``entries`` makes pieces from titres.
"""
