import Files
import Foundation
import Traces
import Words

/// The numbers of a cell: in memory, or on the disk, from where they are read whenever something is made of them.
enum CellNumbers: Sendable {
  /// Apart, so that thousands of others stay small.
  indirect case here(Numbers)
  case stored(Stored)

  /// Numbers in a spool.
  struct Stored: Sendable {
    fileprivate let spool: ByteSpool
    fileprivate let range: Range<Int>
    fileprivate let isTrace: Bool
    /// The name that the model has in the gallery; nil for its own.
    fileprivate var name: String?
  }

  /// Puts numbers into a spool; without one they stay in memory.
  ///
  /// - Parameter bytes: What they were read from, if it is nothing else.
  /// - Throws: `Diagnostic` when they cannot be written.
  init(_ numbers: Numbers, readFrom bytes: Data? = nil, in spool: ByteSpool?) throws(Diagnostic) {
    guard let spool else {
      self = .here(numbers)
      return
    }
    var data = bytes
    do {
      if data == nil { data = try numbers.jsonData() }
    } catch {
      throw Diagnostic(place: numbers.model.name, "cannot be encoded: \(error)", category: .internalFault)
    }
    self = .stored(Stored(spool: spool, range: try spool.append(data ?? Data()), isTrace: numbers.trace != nil))
  }

  /// The numbers.
  ///
  /// - Throws: `Diagnostic` when the disk does not give them back.
  func read() throws(Diagnostic) -> Numbers {
    switch self {
    case .here(let numbers): return numbers
    case .stored(let stored):
      let data = try stored.spool.read(stored.range)
      var numbers: Numbers
      do throws(TraceFileError) {
        let place = stored.name ?? "numbers"
        numbers =
          stored.isTrace
          ? .trace(try Trace.read(data, path: place)) : .summary(try DatasetSummary.read(data, path: place))
      } catch {
        throw Diagnostic(error)
      }
      if let name = stored.name { numbers.model.name = name }
      return numbers
    }
  }

  /// The same under the name that the model has in a gallery.
  func named(_ name: String) -> CellNumbers {
    switch self {
    case .here(var numbers):
      numbers.model.name = name
      return .here(numbers)
    case .stored(var stored):
      stored.name = name
      return .stored(stored)
    }
  }
}
