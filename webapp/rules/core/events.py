"""What a rule may hear: the triggers. Pure."""

PAID = "paid"
LAPSED = "lapsed"
SHIPPED = "shipped"
REFUNDED = "refunded"
INVOICE_REJECTED = "invoice_rejected"
LOW_STOCK = "low_stock"
EVENTS = (PAID, LAPSED, SHIPPED, REFUNDED, INVOICE_REJECTED, LOW_STOCK)
# Of which the customer may be told.
TOLD_TO_CUSTOMERS = (PAID, LAPSED, SHIPPED, REFUNDED)
