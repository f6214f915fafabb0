import Models
import Traces
import Words

/// Cells whose numbers are there before any model runs, and cells that stay empty.
struct SettledCells {
  /// Committed traces and numbers of models that ran elsewhere, by the indices of cells.
  var numbers: [Int: CellNumbers] = [:]
  /// Why the numbers of a cell are missing.
  var absent: [Int: Diagnostic] = [:]
  /// Models that ran elsewhere, by their indices.
  var given: [Int: ResolvedModel] = [:]
  /// What speaks against the names under which the spec has them, and against taking their numbers together.
  var givenNotes: [Int: [String]] = [:]
  /// Models whose numbers were made in shards, by their indices.
  var recorded: [Int: SettledModel] = [:]
  /// Why the watched words of a cell are left out of its numbers.
  var unwatched: [Int: Diagnostic] = [:]

  /// Whether a model must run for a cell.
  func needsRun(_ cell: Int) -> Bool { numbers[cell] == nil && absent[cell] == nil }
}
