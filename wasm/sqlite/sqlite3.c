/*
** The SQLite of sqlite-wasm-rs without what the browser's module does not need; see
** SQLITE_WASM_RS_SOURCE_DIR in .cargo/config.toml.
*/
#include "grammar.h"

/* SQLite's own function is defined with the argument `void` and called without one, which tells them
** apart: the call goes to functions.c. */
#define sqlite3RegisterBuiltinFunctions(arguments) sqlite3Register##arguments##FewFunctions(arguments)
static void sqlite3RegisterFewFunctions(void);

/* sqlite-wasm-rs keeps it beside `shim`, which is on the include path. */
#include "../sqlite3/sqlite3.c"
#include "functions.c"

static void *sqlite3LeftOut(Parse *pParse, const char *zWhat){
  sqlite3ErrorMsg(pParse, "%s is left out of this build", zWhat);
  return 0;
}

/* SQLite calls it without VACUUM, too, but defines it only with it. */
SQLITE_PRIVATE void sqlite3PagerClearCache(Pager *pPager){
  if( pPager->tempFile==0 ) pager_reset(pPager);
}
