// The page of one's devices: seldom opened, so that what it takes comes with it alone.
const place = document.querySelector<HTMLElement>("[data-push]");
// Where the network does not bring it, the page says what it says without a script.
if (place) void import("./device.ts").then(({ Device }) => new Device(place).look(), () => undefined);
