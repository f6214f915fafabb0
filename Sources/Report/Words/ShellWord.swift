/// Names and paths in commands that a message gives, each as one word of a shell, so that the command can be pasted.
package enum ShellWord {
  /// A name in quotes, whatever is in it.
  package static func quoted(_ name: String) -> String {
    "'" + VisibleText.inline(name).replacingScalars(["'": "'\\''"]) + "'"
  }

  /// A path: in quotes where a shell would read it otherwise.
  package static func path(_ path: String) -> String {
    let isPlain = path.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "/", "-", "+", ",", ":", "@", "%": true
      default: false
      }
    }
    return isPlain && !path.isEmpty ? path : quoted(path)
  }
}
