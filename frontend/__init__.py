"""The face of the product: templates, styles, ES modules and the views that fill them."""
