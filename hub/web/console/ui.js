// What every page is made of: Preact with htm, and hooks of our own.

import { h, render, Component, Fragment } from "./vendor/preact.js";
import { useCallback, useEffect, useMemo, useRef, useState } from "./vendor/hooks.js";
import htm from "./vendor/htm.js";
import { get } from "./api.js";
import { on, onConnection } from "./live.js";
import { onLanguage } from "./words/index.js";

export const html = htm.bind(h);
export { Component, Fragment, render, useCallback, useEffect, useMemo, useRef, useState };

/** Draw again when the language changes. */
export function useWords() {
  const [, turn] = useState(0);
  useEffect(() => onLanguage(() => turn((n) => n + 1)), []);
}

/** Draw again every so often, so that "3 minutes ago" stays true. */
export function useTick(seconds = 15) {
  const [, turn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => turn((n) => n + 1), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/**
 * What the hub answers at a path: {value, error, loading, again}. Asked anew when one of the `events` happens
 * (not more than once a second) and when the connection comes back. A path of null asks nothing.
 */
export function useAnswer(path, events = []) {
  const [state, setState] = useState({ value: undefined, error: undefined, loading: true });
  const turn = useRef(0);
  const again = useCallback(async () => {
    if (path === null) return;
    const mine = ++turn.current;
    try {
      const value = await get(path);
      if (mine === turn.current) setState({ value, error: undefined, loading: false });
    } catch (error) {
      if (mine === turn.current) setState((before) => ({ value: before.value, error, loading: false }));
    }
  }, [path]);
  useEffect(() => {
    setState((before) => ({ value: undefined, error: undefined, loading: path !== null }));
    again();
    return () => {
      turn.current++;
    };
  }, [again]);
  useEffect(() => {
    let timer;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        again();
      }, 400);
    };
    const undo = [...events.map((type) => on(type, soon)), onConnection((now) => now && soon())];
    return () => {
      clearTimeout(timer);
      undo.forEach((off) => off());
    };
  }, [again, events.join()]);
  return { ...state, again };
}
