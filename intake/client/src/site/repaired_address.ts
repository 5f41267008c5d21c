/** Repair an address in which a messenger wrote `%23` for `#`. */
import { readFingerprint } from "../net/link.js";

/**
 * Return the intended address, or null. The browser sent the whole address to the server. The page repairs it, because the
 * server that answers must not choose the fingerprint.
 */
export function repairedAddress({ pathname, search }: { pathname: string; search: string }): string | null {
  const [, path, fragment] = /^(.*?)%(?:25)*23(.*)$/is.exec(pathname) ?? [];
  if (path === undefined || fragment === undefined) return null;
  // An enrolment link has a token before the fingerprint.
  if (readFingerprint(fragment).kind === "none" && !path.includes("/desk/enrol")) return null;
  // Two slashes at the beginning would name another host.
  return `/${path.replace(/^[/\\]+/, "")}#${fragment}${search}`;
}
