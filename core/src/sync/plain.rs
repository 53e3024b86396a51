//! What a sealed value holds: which row it is of, and the values of its columns.
//!
//! ```text
//! version  u8      1
//! form     u8      0 = the body as it is, 1 = the body compressed with zstd, its length before it
//! body:
//!   table  varint  a number of the table below; 0 = the name follows behind its length
//!   key    bytes   behind their length
//!   cells          one for each mark of the record, in their order: for a column of the base schema
//!                  its value; for any other its name behind its length, then its value
//! ```
//!
//! The record's marks are authenticated with the value, so a column that every version knows needs
//! no name. Any other carries it: a program that does not know the column keeps it under that name.

use crate::codec::{
    DecodeError, KEY_BYTES_MAX, NAME_BYTES_MAX, RECORD_BYTES_MAX, Reader, decode_value,
    encode_value, put_bytes, put_varint,
};
use crate::crypto::IndexKey;
use crate::schema::Table;
use crate::sealed::{Mark, TableTag};
use crate::sorted_map::SortedMap;
use crate::store::ItemKey;
use crate::value::Value;

mod packing;

const VERSION: u8 = 1;
const AS_IT_IS: u8 = 0;
const COMPRESSED: u8 = 1;

/// Bodies shorter than this are not worth compressing.
const COMPRESS_FROM: usize = 384;

/// Tables with the number that stands for their name. A number is never given twice.
const TABLES: [&str; 5] =
    [ItemKey::EXECUTIONS, ItemKey::TAGS, ItemKey::LOG, ItemKey::LOG_GAPS, ItemKey::PURGES];

/// How many columns of each table every version knows.
const BASE_COLUMNS: [(Table, usize); 2] = [(Table::Executions, 26), (Table::Tags, 1)];

/// The one column of a table whose rows are no rows of the schema: log pieces, gaps, purges.
pub(crate) const CONTENT: &str = "content";

/// One column of a record in the clear.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlainCell {
    /// Its mark.
    pub(crate) mark: Mark,
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Value,
}

/// A record in the clear: whose row, and cells ascending by mark.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlainRecord {
    /// The row.
    pub(crate) item: ItemKey,
    /// Its cells.
    pub(crate) cells: Vec<PlainCell>,
}

/// The names behind the marks and tags of one vault.
#[derive(Debug)]
pub(crate) struct Names {
    by_mark: SortedMap<Mark, (usize, &'static str)>,
    marks: SortedMap<(usize, &'static str), Mark>,
    tags: [TableTag; TABLES.len()],
}

impl Names {
    /// Computes them once for a vault.
    pub(crate) fn new(index: &IndexKey) -> Self {
        let mut by_mark = SortedMap::new();
        let mut marks = SortedMap::new();
        let mut add = |table: usize, column: &'static str| {
            let mark = index.mark(TABLES[table], column);
            by_mark.insert(mark, (table, column));
            marks.insert((table, column), mark);
        };
        for (table, count) in BASE_COLUMNS {
            let at = number_of(table.name()).unwrap_or_default();
            table.columns()[..count].iter().for_each(|column| add(at, column.name));
        }
        for table in [ItemKey::LOG, ItemKey::LOG_GAPS, ItemKey::PURGES] {
            add(number_of(table).unwrap_or_default(), CONTENT);
        }
        Self { by_mark, marks, tags: TABLES.map(|table| index.table_tag(table)) }
    }

    /// The mark of a column.
    pub(crate) fn mark(&self, index: &IndexKey, table: &str, column: &str) -> Mark {
        let known = number_of(table)
            .and_then(|number| self.marks.get(&(number, column) as &(usize, &str)).copied());
        known.unwrap_or_else(|| index.mark(table, column))
    }

    /// The tag of a table.
    pub(crate) fn table_tag(&self, index: &IndexKey, table: &str) -> TableTag {
        number_of(table).map_or_else(|| index.table_tag(table), |number| self.tags[number])
    }

    /// The table of a tag, where this program knows it.
    pub(crate) fn table_of(&self, tag: TableTag) -> Option<&'static str> {
        self.tags.iter().position(|known| *known == tag).map(|number| TABLES[number])
    }

    /// The table and column of a mark, where every version knows them.
    pub(crate) fn column_of(&self, mark: Mark) -> Option<(&'static str, &'static str)> {
        self.by_mark.get(&mark).map(|(table, column)| (TABLES[*table], *column))
    }
}

fn number_of(table: &str) -> Option<usize> {
    TABLES.iter().position(|known| *known == table)
}

/// The bytes to seal. The cells must be ascending by mark.
pub(crate) fn encode_plain(record: &PlainRecord, names: &Names) -> Vec<u8> {
    let mut body = Vec::with_capacity(128);
    match number_of(&record.item.table) {
        Some(number) => put_varint(&mut body, number as u64 + 1),
        None => {
            put_varint(&mut body, 0);
            put_bytes(&mut body, record.item.table.as_bytes());
        }
    }
    put_bytes(&mut body, &record.item.key);
    for cell in &record.cells {
        if names.column_of(cell.mark).is_none() {
            put_bytes(&mut body, cell.name.as_bytes());
        }
        encode_value(&cell.value, &mut body);
    }
    let mut bytes = vec![VERSION];
    let compressed = if body.len() < COMPRESS_FROM { None } else { packing::packed(&body) };
    match compressed.filter(|compressed| compressed.len() < body.len()) {
        Some(compressed) => {
            bytes.push(COMPRESSED);
            put_varint(&mut bytes, body.len() as u64);
            bytes.extend_from_slice(&compressed);
        }
        None => {
            bytes.push(AS_IT_IS);
            bytes.extend_from_slice(&body);
        }
    }
    bytes
}

/// Reads what was sealed under these marks.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_plain`] does not write, a name that is not that of its
/// mark included.
pub(crate) fn decode_plain(
    bytes: &[u8],
    marks: impl Iterator<Item = Mark>,
    names: &Names,
    index: &IndexKey,
) -> Result<PlainRecord, DecodeError> {
    let mut reader = Reader::new(bytes);
    let version = reader.u8()?;
    if version != VERSION {
        return Err(DecodeError::UnknownVersion { what: "sealed values", version });
    }
    let malformed = DecodeError::Malformed { what: "sealed values" };
    match reader.u8()? {
        AS_IT_IS => decode_body(reader, marks, names, index),
        COMPRESSED => {
            let length = reader.varint()?;
            if length > RECORD_BYTES_MAX as u64 {
                return Err(DecodeError::TooLong {
                    what: "sealed values",
                    limit: RECORD_BYTES_MAX,
                });
            }
            let packed = reader.take(reader.remaining())?;
            let body = packing::unpacked(packed, length as usize).ok_or(malformed)?;
            decode_body(Reader::new(&body), marks, names, index)
        }
        _ => Err(malformed),
    }
}

fn decode_body(
    mut reader: Reader<'_>,
    marks: impl Iterator<Item = Mark>,
    names: &Names,
    index: &IndexKey,
) -> Result<PlainRecord, DecodeError> {
    let table = match reader.varint()? {
        0 => reader.text("names", NAME_BYTES_MAX)?.to_owned(),
        number => {
            let known = usize::try_from(number - 1).ok().and_then(|number| TABLES.get(number));
            known.ok_or(DecodeError::Malformed { what: "tables" })?.to_string()
        }
    };
    let key = reader.bytes("row keys", KEY_BYTES_MAX)?.to_vec();
    let mut cells = Vec::new();
    for mark in marks {
        let name = match names.column_of(mark) {
            Some((known, column)) if known == table => column.to_owned(),
            Some(_) => return Err(DecodeError::Malformed { what: "columns" }),
            None => {
                let name = reader.text("names", NAME_BYTES_MAX)?;
                if index.mark(&table, name) != mark {
                    return Err(DecodeError::Malformed { what: "columns" });
                }
                name.to_owned()
            }
        };
        cells.push(PlainCell { mark, name, value: decode_value(&mut reader)? });
    }
    reader.finish()?;
    Ok(PlainRecord { item: ItemKey { table, key }, cells })
}
