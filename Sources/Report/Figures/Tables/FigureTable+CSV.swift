import Plot
import Traces

extension FigureTable {
  /// As comma-separated values (RFC 4180) in UTF-8, lines ended by a line feed.
  ///
  /// A text that a spreadsheet would compute gets an apostrophe before it.
  public var csv: String { CommaSeparated.table([heads] + rows) }

  /// The same with every text as it is.
  public var rawCSV: String { CommaSeparated.table([heads] + rows, cells: .raw) }
}
