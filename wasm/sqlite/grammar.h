/*
** Statements that the parser knows and this build does not run: nothing of Runlog sends them, and
** a page downloads what runs them. Whoever sends one gets an error that names it.
**
** SQLite's parser cannot be generated anew from the amalgamation, so what its actions call is
** replaced by sqlite3LeftOut(). A macro of a function's name would take apart the function's
** definition, too. So each is put aside here and comes back in parse.c, at what stands there alone
** and before all actions: the first mention of sqlite3WindowListDelete. Then nothing calls these
** functions, and the linker drops them.
*/
#define SQLITE_OMIT_ANALYZE
#define SQLITE_OMIT_CTE
#define SQLITE_OMIT_VACUUM
#define SQLITE_OMIT_WINDOWFUNC

struct Parse;
static void *sqlite3LeftOut(struct Parse *pParse, const char *zWhat);

#define sqlite3Analyze(pParse, first, second) sqlite3LeftOut(pParse, "ANALYZE")
#pragma push_macro("sqlite3Analyze")
#undef sqlite3Analyze

/* OVER and WINDOW, and FILTER behind an aggregate, which is parsed with them. */
#define sqlite3WindowAttach(pParse, expr, win) do{ \
  if( win ){ \
    sqlite3ExprDelete(pParse->db, win->pFilter); \
    sqlite3DbFree(pParse->db, win->zName); \
    sqlite3DbFree(pParse->db, win); \
  } \
  sqlite3LeftOut(pParse, "a window or FILTER"); \
}while(0)
#pragma push_macro("sqlite3WindowAttach")
#undef sqlite3WindowAttach
/* Every window but a named one has a frame; these are not defined without window functions. */
#define sqlite3WindowAlloc(pParse, type, starts, start, ends, end, exclude) \
  (sqlite3ExprDelete(pParse->db, start), sqlite3ExprDelete(pParse->db, end), \
   sqlite3LeftOut(pParse, "a window"))
#define sqlite3WindowAssemble(pParse, win, partition, order, base) \
  (sqlite3ExprListDelete(pParse->db, partition), sqlite3ExprListDelete(pParse->db, order), win)
#define sqlite3WindowChain(pParse, win, base)
/* Select has no such member: the list that would be assigned to it is empty. */
#define pWinDefn pNext = 0; Window *pLeftOut

#define sqlite3CteNew(pParse, name, columns, select, materialized) \
  (sqlite3ExprListDelete(pParse->db, columns), sqlite3SelectDelete(pParse->db, select), \
   sqlite3LeftOut(pParse, "WITH"))
#pragma push_macro("sqlite3CteNew")
#undef sqlite3CteNew
#define sqlite3WithAdd(pParse, with, cte) 0

/* Of ALTER TABLE there is ADD COLUMN. */
#define sqlite3AlterRenameTable(pParse, table, to) \
  (sqlite3SrcListDelete(pParse->db, table), sqlite3LeftOut(pParse, "RENAME TO"))
#pragma push_macro("sqlite3AlterRenameTable")
#undef sqlite3AlterRenameTable
#define sqlite3AlterRenameColumn(pParse, table, from, to) \
  (sqlite3SrcListDelete(pParse->db, table), sqlite3LeftOut(pParse, "RENAME COLUMN"))
#pragma push_macro("sqlite3AlterRenameColumn")
#undef sqlite3AlterRenameColumn
#define sqlite3AlterDropColumn(pParse, table, column) \
  (sqlite3SrcListDelete(pParse->db, table), sqlite3LeftOut(pParse, "DROP COLUMN"))
#pragma push_macro("sqlite3AlterDropColumn")
#undef sqlite3AlterDropColumn
#define sqlite3AlterDropConstraint(pParse, table, name, column) \
  (sqlite3SrcListDelete(pParse->db, table), sqlite3LeftOut(pParse, "DROP CONSTRAINT"))
#pragma push_macro("sqlite3AlterDropConstraint")
#undef sqlite3AlterDropConstraint
#define sqlite3AlterSetNotNull(pParse, table, column, first) \
  (sqlite3SrcListDelete(pParse->db, table), sqlite3LeftOut(pParse, "SET NOT NULL"))
#pragma push_macro("sqlite3AlterSetNotNull")
#undef sqlite3AlterSetNotNull
#define sqlite3AlterAddConstraint(pParse, table, first, name, text, length, expr) \
  (sqlite3SrcListDelete(pParse->db, table), sqlite3ExprDelete(pParse->db, expr), \
   sqlite3LeftOut(pParse, "ADD CONSTRAINT"))
#pragma push_macro("sqlite3AlterAddConstraint")
#undef sqlite3AlterAddConstraint

#define sqlite3Vacuum(pParse, name, into) \
  (sqlite3ExprDelete(pParse->db, into), sqlite3LeftOut(pParse, "VACUUM"))
#pragma push_macro("sqlite3Vacuum")
#undef sqlite3Vacuum

/* ATTACH stays: sqlite3_deserialize() sends it. */
#define sqlite3Detach(pParse, name) \
  (sqlite3ExprDelete(pParse->db, name), sqlite3LeftOut(pParse, "DETACH"))
#pragma push_macro("sqlite3Detach")
#undef sqlite3Detach

#define sqlite3WindowListDelete(db, windows) \
  _Pragma("pop_macro(\"sqlite3Analyze\")") \
  _Pragma("pop_macro(\"sqlite3WindowAttach\")") \
  _Pragma("pop_macro(\"sqlite3CteNew\")") \
  _Pragma("pop_macro(\"sqlite3AlterRenameTable\")") \
  _Pragma("pop_macro(\"sqlite3AlterRenameColumn\")") \
  _Pragma("pop_macro(\"sqlite3AlterDropColumn\")") \
  _Pragma("pop_macro(\"sqlite3AlterDropConstraint\")") \
  _Pragma("pop_macro(\"sqlite3AlterSetNotNull\")") \
  _Pragma("pop_macro(\"sqlite3AlterAddConstraint\")") \
  _Pragma("pop_macro(\"sqlite3Vacuum\")") \
  _Pragma("pop_macro(\"sqlite3Detach\")")
