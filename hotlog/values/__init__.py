"""How a captured value reads as text, in the function and at the desk."""
