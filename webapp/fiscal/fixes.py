"""What the links say that lead to where a check's finding is mended."""

from webapp.platform.issues import N_

FIX_ADDRESS = N_("Fix the address")
FIX_IE = N_("Fix the IE")
FIX_ISSUER = N_("Open the shop's settings")
FIX_GTIN = N_("Fix the bar code")
FIX_PAYMENTS = N_("Fix the payments")
FIX_BILLS = N_("Fix the instalments")
FIX_PARTNER = N_("Open the list of companies")
CHECK_PROFILE = N_("Check the tax profile")
CHECK_TAXES = N_("Check the product's taxes")
CHANNEL = N_("Choose the channel")
REWORK = N_("Work the note out again")
DOCUMENT = N_("Fix the CPF or CNPJ")
SEND_AGAIN = N_("Send again with the right time")
