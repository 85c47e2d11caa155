// What this room uses of JupyterLab, whose own types are in no package we install.

/** A Lumino widget. */
export interface Widget {
  node: HTMLElement;
  addClass(name: string): void;
}

export interface MimeModel {
  data: Record<string, unknown>;
}

export interface RenderMimeRegistry {
  addFactory(factory: {safe: boolean; mimeTypes: string[]; defaultRank: number; createRenderer: () => Widget}): void;
}

export interface Contents {
  get(path: string, options?: {content?: boolean; type?: string}): Promise<{content: unknown}>;
  save(path: string, model: {type: 'notebook'; format: 'json'; content: unknown}): Promise<unknown>;
}

export interface Application {
  restored: Promise<unknown>;
  serviceManager: {contents: Contents; ready: Promise<unknown>};
  commands: {hasCommand(name: string): boolean; execute(name: string, args: object): Promise<unknown>};
}

/** Webpack's scope of shared modules: name, version, and how to get it. */
export type ShareScope = Record<string, Record<string, {get(): Promise<() => Record<string, unknown>>}>>;

export interface Container {
  init(scope: ShareScope): void;
  get(module: string): Promise<() => {__esModule: true; default: object[]}>;
}

declare global {
  interface Window {
    _JUPYTERLAB?: Record<string, Container>;
    dynamicWorkflows?: object;
  }
}
