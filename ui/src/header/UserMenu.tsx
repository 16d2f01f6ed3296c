// Who is looking, and how do they like the page?
import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useCommands } from "../keyboard/useCommands";
import { useMarket } from "../market/MarketContext";
import { usePreferences } from "../preferences/preferences";
import classes from "./header.module.css";

const THEMES = { auto: "As the system", dark: "Dark", light: "Light" } as const;

const PAGES = ["Reports", "Events", "Health", "GraphiQL"];

/** Development only: the server believes this cookie nowhere else. */
function signInAs(name: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API exists only on secure origins
  document.cookie = `wattbook-user=${encodeURIComponent(name)}; path=/; SameSite=Strict`;
  window.location.assign("/");
}

export function UserMenu({ showHelp }: { showHelp: () => void }) {
  const { viewer, signInOptions } = useMarket();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { palette, hideMoney, prefer } = usePreferences();
  useCommands({ "hide-money": () => prefer({ hideMoney: !hideMoney }), help: showHelp });
  const chosen = (is: boolean) => (is ? <span aria-hidden="true">✓</span> : null);
  return (
    <Menu position="bottom-end" width={230} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <UnstyledButton className={classes.user} aria-label={`${viewer.name}: user and display`}>
          {viewer.name}
          <span aria-hidden="true" className={classes.caret}>
            ▾
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Signed in as {viewer.name} ({viewer.roles.map((role) => role.toLowerCase()).join(", ")})
        </Menu.Label>
        {signInOptions.length > 0 && (
          <>
            <Menu.Label>Development sign-in</Menu.Label>
            {signInOptions.map(({ name }) => (
              <Menu.Item
                key={name}
                rightSection={chosen(name === viewer.name)}
                onClick={() => signInAs(name)}
              >
                {name}
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        <Menu.Label>Theme</Menu.Label>
        {(Object.keys(THEMES) as (keyof typeof THEMES)[]).map((theme) => (
          <Menu.Item
            key={theme}
            closeMenuOnClick={false}
            rightSection={chosen(theme === colorScheme)}
            onClick={() => setColorScheme(theme)}
          >
            {THEMES[theme]}
          </Menu.Item>
        ))}
        <Menu.Label>Colours of the light</Menu.Label>
        <Menu.Item
          closeMenuOnClick={false}
          rightSection={chosen(palette === "blue-amber")}
          onClick={() => prefer({ palette: palette === "blue-amber" ? "green-red" : "blue-amber" })}
        >
          Blue and amber
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item rightSection={chosen(hideMoney)} onClick={() => prefer({ hideMoney: !hideMoney })}>
          Hide money
        </Menu.Item>
        <Menu.Item onClick={showHelp}>Keyboard and meanings</Menu.Item>
        {PAGES.map((name) => (
          <Menu.Item key={name} component="a" href={`/${name.toLowerCase()}`}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
