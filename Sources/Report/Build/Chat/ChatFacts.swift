import Engine
import Files
import Foundation
import Models
import Traces
import Words

/// What a model's files say about conversations.
public struct ChatFacts: Codable, Equatable, Sendable {
  /// Its chat templates, the default one first; none for a base model.
  public var templates: [ChatTemplate]
  /// Written forms of its special tokens, by the names that templates use: "bos_token".
  public var special: [String: String]
  /// Written forms of all its control tokens.
  public var written: [String]

  /// A model without templates.
  public static let none = ChatFacts(templates: [], special: [:], written: [])

  /// From its parts.
  public init(templates: [ChatTemplate], special: [String: String], written: [String]) {
    self.templates = templates
    self.special = special
    self.written = written
  }
}

/// The facts of models, cached by the content of their files, so that a build with known conversations opens no model.
struct ChatFactsCache {
  let folder: URL
  let source: any NumbersSource

  private struct Key: Encodable {
    var program = StrataVersion.program
    var kind = "facts"
    var model: String
    var options: ModelOptions
    /// Files of templates that are no part of the model's digest.
    var files: [FileRecord]
  }

  /// The facts of a model, which is opened if they are not known yet.
  ///
  /// - Throws: The errors of opening a model, and of templates that are no text.
  func facts(of model: ResolvedModel) throws -> ChatFacts {
    let key = ContentKey.of(Key(model: model.sha256, options: model.options, files: model.chatFiles))
    let file = folder.appending(path: "\(key).json")
    if let data = SealedFile.read(file), let known = try? JSONDecoder().decode(ChatFacts.self, from: data) {
      return known
    }
    let facts = try source.chatFacts(of: model)
    if let data = try? JSONEncoder().encode(facts) { try? SealedFile.write(data, to: file) }
    return facts
  }
}
