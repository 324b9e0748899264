"""The companies that an NF-e names beside shop and buyer: marketplaces, carriers, acquirers."""
