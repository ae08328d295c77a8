"""The pages people work with: sign-in, live wall, devices, access register.

In: the same `tongshi.api.parts.Parts` as the interface below it, a browser.
Out: HTML from Jinja2 templates, htmx fragments, ES modules without a build, one style sheet.
`site.application` joins pages and interface into the one application that ``app`` serves.

Nothing is fetched from elsewhere: fonts are the system's, scripts are local, and the content
security policy forbids the rest.  ``static/vendor.toml`` pins what was written by others.
"""
