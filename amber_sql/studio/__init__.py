"""Pages over a database and the queries of its project: `amber-sql studio`.

A request goes through `admission` (who may ask), `page` (which handler, which form of answer), and
a handler of `pages/`, which reads through `readonly` and returns a model: a msgspec struct of what
the page shows. The model becomes HTML by a template, or JSON as it is.

How a page is added:

1. `pages/what.py` has the model and the handler, and says its address in `PAGES`:

       class Model(msgspec.Struct, frozen=True):
           title: str
           …

       async def show(ask: Ask) -> Model:
           async with ask.read() as conn:      # a READ ONLY transaction, 5 s a statement, UTC
               …                               # await conn.execute(…), psycopg's own AsyncConnection

       PAGES = (Page("/what/{name}", show, "what.html"),)

   `ask.path("name")` is a part of the address, decoded; `ask.one("q")` and `ask.many("q")` read the
   query; `await ask.schema()` is what the catalog says (`relations.Schema`), kept for some seconds;
   `await ask.build()` is the compiled project, made once in the background.
   A page that does not exist: `raise Missing("…")`. What PostgreSQL refuses becomes a page by itself.
2. `templates/what.html` extends `base.html`; `page` is the model, `shell` what stands around it.
   Everything is escaped; nothing is ever marked safe. Neither `style=` nor `<script>` nor `onclick=`
   works (Content-Security-Policy): classes in `static/studio.css`, behaviour in `static/studio.js`.
3. `app.PAGES` lists it. `/what/x.json` is then its twin: the model as JSON.

A form that is posted has `Page(…, post=handler)`, whose handler takes `(ask, form)` and returns an
address to go to (`Goto`) or a model to show again; `{{ form_token(shell) }}` of `forms.html` stands in each such form.

Names in addresses are written by `links`, where each name, whatever is in it, has one spelling.
Columns that are `@secret` are `Column.secret`: their values are never asked for.
"""
