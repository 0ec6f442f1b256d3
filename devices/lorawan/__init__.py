"""What LoRaWAN devices say in their own bytes, vendor by vendor, and in the objects that networks make of them."""
