import Foundation
import Traces
import Words

/// The identity of the running program, different for every build of it.
enum ProgramIdentity {
  /// The id that the linker computed from the content of an ELF file; nil when there is none.
  static func buildID(ofFile path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let header = read(descriptor, 64, at: 0), header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else {
      return nil
    }
    // Program headers: a note is of type 4, its place at 8, its length at 32 (ELF-64, little-endian).
    let size = Int(number(header, 54, 2))
    guard size >= 56, let table = read(descriptor, size * Int(number(header, 56, 2)), at: Int(number(header, 32, 8)))
    else { return nil }
    for entry in stride(from: 0, to: table.count, by: size) where number(table, entry, 4) == 4 {
      let length = number(table, entry + 32, 8)
      guard length < 1 << 16, let notes = read(descriptor, Int(length), at: Int(number(table, entry + 8, 8))) else {
        continue
      }
      if let id = buildID(in: notes) { return id }
    }
    return nil
  }

  /// The GNU note of type 3: length of the name, of the content, type, name, content, each from a multiple of 4.
  private static func buildID(in notes: [UInt8]) -> String? {
    var place = 0
    while place + 12 <= notes.count {
      let (name, content) = (Int(number(notes, place, 4)), Int(number(notes, place + 4, 4)))
      let start = place + 12 + (name + 3) / 4 * 4
      guard start + content <= notes.count else { return nil }
      if number(notes, place + 8, 4) == 3, notes[place + 12..<place + 12 + name].elementsEqual("GNU\0".utf8) {
        // Shorter ids are chosen names, not digests.
        guard content >= 16 else { return nil }
        return Hex.digits(notes[start..<start + content])
      }
      place = start + (content + 3) / 4 * 4
    }
    return nil
  }

  private static func read(_ descriptor: Int32, _ count: Int, at offset: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(descriptor, &bytes, count, offset) == count ? bytes : nil
  }

  private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> UInt64 {
    guard place >= 0, place + count <= bytes.count else { return 0 }
    return (0..<count).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
  }
}

extension StrataVersion {
  /// An id of the running build, for cache keys: results of another build of the same version are computed again.
  ///
  /// The linker's id of the executable file, else its SHA-256, or the version where the system does not show it.
  package static let program =
    ProgramIdentity.buildID(ofFile: "/proc/self/exe") ?? (try? SHA256.hex(ofFile: "/proc/self/exe")) ?? current
}
