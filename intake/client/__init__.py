"""The browser client. Its TypeScript is built into `dist/site`."""
