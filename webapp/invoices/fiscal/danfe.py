"""The DANFE: the note on paper."""


def danfe(nfe_proc: bytes) -> bytes:
    """The PDF of an `nfeProc`. It costs a hundred times the XML: make it when first asked for, and keep it."""
    from brazilfiscalreport.danfe import Danfe  # imports fonts and images: nobody else should pay for it

    return bytes(Danfe(xml=nfe_proc.decode()).output())
