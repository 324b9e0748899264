"""The NF-e (model 55, layout 4.00) as pure functions: no database, no request, no network.

`note` says what is sold; `document` writes it as XML; `checks` judges it; `signature` signs it;
`authority` is who authorises it; `proc` joins what was sent with its answer; `danfe` prints it.
"""
