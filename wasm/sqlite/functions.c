/*
** The SQL functions there are: those that the schema and the statements of Runlog call, with what
** is of one piece with them. The linker drops the others. Included by sqlite3.c.
*/

/* unixepoch('subsec'): seconds since 1970 with milliseconds, the only word on time in the schema. */
static void unixepochNow(sqlite3_context *context, int argc, sqlite3_value **argv){
  static const sqlite3_int64 unixEpochMs = 210866760000000;
  const char *unit = (const char*)sqlite3_value_text(argv[0]);
  if( unit==0 || sqlite3_stricmp(unit, "subsec")!=0 ){
    sqlite3_result_error(context, "unixepoch() takes 'subsec' and no more in this build", -1);
    return;
  }
  sqlite3_result_double(context, (sqlite3StmtCurrentTime(context) - unixEpochMs)/1000.0);
}

static void sqlite3RegisterFewFunctions(void){
  static FuncDef aFunc[] = {
    DFUNCTION(unixepoch,         1, 0, 0, unixepochNow     ),
    FUNCTION(printf,            -1, 0, 0, printfFunc       ), /* ALTER TABLE ADD COLUMN calls it */
    FUNCTION2(typeof,            1, 0, 0, typeofFunc, SQLITE_FUNC_TYPEOF),
    FUNCTION(abs,                1, 0, 0, absFunc          ),
    FUNCTION(upper,              1, 0, 0, upperFunc        ),
    FUNCTION(lower,              1, 0, 0, lowerFunc        ),
    FUNCTION(hex,                1, 0, 0, hexFunc          ),
    FUNCTION(substr,             2, 0, 0, substrFunc       ),
    FUNCTION(substr,             3, 0, 0, substrFunc       ),
    FUNCTION2(length,            1, 0, 0, lengthFunc, SQLITE_FUNC_LENGTH),
    FUNCTION2(octet_length,      1, 0, 0, bytelengthFunc, SQLITE_FUNC_BYTELEN),
    FUNCTION(min,               -3, 0, 1, minmaxFunc       ),
    FUNCTION(max,               -3, 1, 1, minmaxFunc       ),
    WAGGREGATE(min, 1, 0, 1, minmaxStep, minMaxFinalize, 0, 0,
        SQLITE_FUNC_MINMAX|SQLITE_FUNC_ANYORDER),
    WAGGREGATE(max, 1, 1, 1, minmaxStep, minMaxFinalize, 0, 0,
        SQLITE_FUNC_MINMAX|SQLITE_FUNC_ANYORDER),
    WAGGREGATE(sum, 1, 0, 0, sumStep, sumFinalize, 0, 0, 0),
    WAGGREGATE(count, 0, 0, 0, countStep, countFinalize, 0, 0,
        SQLITE_FUNC_COUNT|SQLITE_FUNC_ANYORDER),
    WAGGREGATE(count, 1, 0, 0, countStep, countFinalize, 0, 0, SQLITE_FUNC_ANYORDER),
    LIKEFUNC(glob, 2, &globInfo, SQLITE_FUNC_LIKE|SQLITE_FUNC_CASE),
    LIKEFUNC(like, 2, &likeInfoNorm, SQLITE_FUNC_LIKE),
    LIKEFUNC(like, 3, &likeInfoNorm, SQLITE_FUNC_LIKE),
    FUNCTION(nullif,             2, 0, 1, nullifFunc       ),
    INLINE_FUNC(ifnull,          2, INLINEFUNC_coalesce, 0 ),
    INLINE_FUNC(iif,            -4, INLINEFUNC_iif,      0 ),
    INLINE_FUNC(coalesce,       -4, INLINEFUNC_coalesce, 0 ),
  };
  sqlite3InsertBuiltinFuncs(aFunc, ArraySize(aFunc));
}
