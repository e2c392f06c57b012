"""Entity-relationship diagrams: tables → clusters → boxes → a layout → SVG. Without a browser, without script."""
