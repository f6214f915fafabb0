import Engine
import Files
import Models
import Traces
import Words

/// The conversations among the questions to a model.
struct Chats {
  private let facts: ChatFactsCache
  private let renderer: ChatRenderer

  /// With the caches of a store and the models of a source.
  init(_ store: ModelStore, _ source: any NumbersSource) {
    facts = ChatFactsCache(folder: store.cache.chats, source: source)
    renderer = ChatRenderer(folder: store.cache.chats, environment: store.environment)
  }

  /// The questions with their conversations rendered by the model's own template, and why some are not, by index.
  ///
  /// Notes are told once each.
  func rendered(
    _ questions: [Question], of model: ResolvedModel, progress: ProgressHandler?
  ) -> (questions: [Question], refused: [Int: Diagnostic]) {
    let asked = questions.indices.compactMap { index -> (index: Int, chat: ChatPrompt)? in
      guard case .trace(let request) = questions[index], case .asked(let chat) = request.chat else { return nil }
      return (index, chat)
    }
    guard !asked.isEmpty else { return (questions, [:]) }
    var questions = questions
    var refused: [Int: Diagnostic] = [:]
    var notes: [String] = []
    do {
      let facts = try facts.facts(of: model)
      let results = try renderer.render(asked.map(\.chat), facts: facts, model: model.name)
      for (entry, result) in zip(asked, results) {
        switch result {
        case .success(let rendering):
          guard case .trace(var request) = questions[entry.index] else { continue }
          request.prompt = rendering.text
          request.chat = .rendered(rendering.chat)
          questions[entry.index] = .trace(request)
          notes += rendering.notes
        case .failure(var problem):
          problem.isOfConversation = true
          refused[entry.index] = problem
        }
      }
    } catch {
      var problem = Diagnostic.one(from: error)
      if case LoadError.noConversation? = error as? LoadError { problem.isOfConversation = true }
      for entry in asked { refused[entry.index] = problem }
    }
    for note in notes.uniqued { progress?(.note("note: \(model.name): \(note)")) }
    return (questions, refused)
  }

  /// Tells once that a model with a chat template was given plain texts.
  func tellPlain(_ questions: [Question], of model: ResolvedModel, progress: ProgressHandler?) {
    let isPlain = questions.contains { question in
      if case .trace(let request) = question { request.chat == nil } else { false }
    }
    guard isPlain, let facts = try? facts.facts(of: model), !facts.templates.isEmpty else { return }
    progress?(
      .note(
        "note: \(model.name) has a chat template and is given plain text: "
          + "chat: instead of text: (--chat instead of --prompt) asks it in a conversation; "
          + "plain_text: true (--plain-text) says that plain text is meant"))
  }
}
