/* sqlite-wasm-rs asks for one beside sqlite3.c, and reads it to generate bindings. */
#include "../sqlite3/sqlite3.h"
