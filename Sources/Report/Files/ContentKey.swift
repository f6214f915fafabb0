import Foundation
import Traces

/// Keys made from everything a result depends on.
package enum ContentKey {
  /// SHA-256 of the value as JSON with sorted keys.
  package static func of(_ value: some Encodable) -> String {
    // A value that JSON cannot hold gets a unique key, so that it never counts as unchanged.
    guard let data = try? CompactJSON.data(value) else { return UUID().uuidString }
    return SHA256.hex(of: data)
  }
}
