// How do Mantine's components fit in? No shadows, small radii, one font; the colours are in tokens.css.
import { createTheme } from "@mantine/core";

export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
});
