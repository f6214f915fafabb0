import Engine
import Files
import Foundation
import Models
import Plot
import Words

/// Checks everything that the program needs from the machine.
public struct Doctor {
  let store: ModelStore

  /// A doctor for a store and its environment.
  public init(store: ModelStore) {
    self.store = store
  }

  /// The result of one check.
  public struct Finding: Equatable, Sendable {
    /// Whether nothing needs to be done.
    public var isGood: Bool
    /// What was checked.
    public var what: String
    /// What was found, and what to do about a problem.
    public var detail: String

    /// "ok       cache: ..." for a terminal.
    public var line: String { (isGood ? "ok       " : "trouble  ") + what + ": " + detail }
  }

  /// Everything, in a fixed order.
  public func findings() -> [Finding] {
    [version, processor] + libraries + fonts + [cache, hub, certificates, space, python, chatTemplates] + models
  }

  private var version: Finding { Finding(isGood: true, what: "program", detail: StrataVersion.tool) }

  private var processor: Finding {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return Finding(isGood: true, what: "processor", detail: "\(cores) cores, \(ThreadPool.instructionSet)")
  }

  private var libraries: [Finding] {
    PlotLibraries.versions.map { Finding(isGood: true, what: $0.name, detail: $0.version) }
  }

  /// The font families of labels and tokens, and of common scripts.
  private var fonts: [Finding] {
    ["TeX Gyre Heros", "TeX Gyre Termes", "DejaVu Sans Mono", "Noto Sans", "Noto Sans Hebrew", "Noto Sans CJK SC"].map {
      family in
      do {
        _ = try TextMeasurer.metrics(Font(family: family, size: 10))
        return Finding(isGood: true, what: "font", detail: family)
      } catch {
        let problem = Diagnostic.one(from: error)
        return Finding(
          isGood: false, what: "font", detail: ([problem.message] + problem.hints).joined(separator: "; "))
      }
    }
  }

  private var cache: Finding {
    let probe = store.cache.root.appending(path: "probe")
    do {
      try AtomicFile.write(Data(), to: probe)
      FileCalls.unlink(probe.path)
      return Finding(isGood: true, what: "cache", detail: store.cache.root.path)
    } catch {
      return Finding(
        isGood: false, what: "cache", detail: "\(store.cache.root.path): \(Diagnostic.one(from: error).message)")
    }
  }

  /// Where models of the hub are, and whether they can be fetched.
  ///
  /// This does not contact the hub.
  private var hub: Finding {
    let settings = store.hub.settings
    let token = settings.token == nil ? "no token" : "a token"
    let state = settings.isOffline ? "off (HF_HUB_OFFLINE)" : "\(settings.shownEndpoint), \(token)"
    guard settings.isOffline || !settings.exposesToken else {
      return Finding(
        isGood: false, what: "hub",
        detail: "\(state), which everybody on the way can read: use https, or unset HF_TOKEN")
    }
    return Finding(isGood: true, what: "hub", detail: "\(state); models in \(settings.cache.path)")
  }

  /// What connections to the hub are checked against.
  private var certificates: Finding {
    guard let file = TrustedCertificates(environment: store.environment).file else {
      return Finding(
        isGood: false, what: "certificates",
        detail: "none found; models of the hub cannot be fetched (Debian: ca-certificates)")
    }
    return Finding(
      isGood: access(file, R_OK) == 0, what: "certificates",
      detail: access(file, R_OK) == 0 ? file : "\(file) cannot be read; SSL_CERT_FILE names another file")
  }

  /// Room for the models that are still missing.
  private var space: Finding {
    var folder = store.cache.root
    while folder.path != "/", access(folder.path, F_OK) != 0 { folder.deleteLastPathComponent() }
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else {
      return Finding(isGood: false, what: "disk", detail: "cannot read the free space of \(folder.path)")
    }
    let free = DiskSpace.free(status)
    // While a model is fetched, its packages and its file both take space.
    let missing = store.catalog.models.filter { store.state(of: $0) != .present }.map(\.bytes).max() ?? 0
    return Finding(
      isGood: free > missing * 2, what: "disk",
      detail: "\(ModelListing.size(free)) free"
        + (free > missing * 2 ? "" : ", \(ModelListing.size(missing * 2)) needed"))
  }

  private var python: Finding {
    guard let python = ChildProcess.python(environment: store.environment) else {
      return Finding(
        isGood: false, what: "python3", detail: "not on PATH; models cannot be fetched (Debian: python3 python3-pip)")
    }
    var said = ""
    let outcome = try? ChildProcess.run(
      python, ["-I", "-m", "pip", "--version"],
      environment: .pip(from: store.environment, temporary: NSTemporaryDirectory()),
      output: { said += String(decoding: $0, as: UTF8.self) })
    guard outcome?.status == 0, said.hasPrefix("pip ") else {
      return Finding(
        isGood: false, what: "pip", detail: "python3 has no pip; models cannot be fetched (Debian: python3-pip)")
    }
    return Finding(isGood: true, what: "pip", detail: said.split(separator: " ").prefix(2).joined(separator: " "))
  }

  private var chatTemplates: Finding {
    do throws(Diagnostic) {
      let process = try ChatProcess.find(environment: store.environment)
      return Finding(isGood: true, what: "jinja2", detail: "\(process.version), \(process.python.path)")
    } catch {
      return Finding(
        isGood: false, what: "jinja2",
        detail: "not there for python3; conversations cannot be rendered (Debian: python3-jinja2)")
    }
  }

  private var models: [Finding] {
    store.catalog.models.map { entry in
      let state = store.state(of: entry)
      let detail =
        switch state {
        case .absent: "not fetched yet; strata models pull \(entry.name), or the first build, fetches it"
        case .present: "in the cache"
        case .damaged: "damaged; strata models pull \(entry.name) fetches it again"
        }
      return Finding(isGood: state != .damaged, what: entry.name, detail: detail)
    }
  }
}
