// What the page of the dashboards puts on the window, for the console.

declare global {
  interface Window {
    dynamicWorkflows?: object;
  }
}
export {};
