/** What the tests use of puppeteer-core: it is installed for the matrix alone, and types are checked without it. */
declare module "puppeteer-core" {
  export interface Page {
    evaluate(expression: string): Promise<unknown>;
    evaluateOnNewDocument(script: string): Promise<unknown>;
    goto(url: string): Promise<unknown>;
    close(): Promise<void>;
  }
  export interface Browser {
    newPage(): Promise<Page>;
    version(): Promise<string>;
    close(): Promise<void>;
  }
  interface LaunchOptions {
    readonly browser: "firefox";
    readonly executablePath: string;
    readonly headless: boolean;
    readonly extraPrefsFirefox: Readonly<Record<string, boolean | number | string>>;
  }
  export function launch(options: LaunchOptions): Promise<Browser>;
}
