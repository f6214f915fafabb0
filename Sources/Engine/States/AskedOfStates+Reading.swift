import Foundation
import Traces

extension AskedOfStates {
  /// Reads what `written()` gives; `key` is where it stands in the metadata.
  ///
  /// - Throws: `StatesFileError.asked`.
  static func read(_ written: String, path: String, key: String) throws(StatesFileError) -> AskedOfStates {
    do {
      let asked = try JSONDecoder().decode(AskedOfStates.self, from: Data(written.utf8))
      if asked.watch.count(where: { $0.automatic != nil }) < 2 { return asked }
      throw StatesFileError.asked(path: path, key: key, found: "two requests for automatic words")
    } catch let error as StatesFileError {
      throw error
    } catch DecodingError.keyNotFound(let missing, _) {
      throw .asked(path: path, key: key, found: "no '\(missing.stringValue)'")
    } catch {
      throw .asked(path: path, key: key, found: "something else")
    }
  }
}
