import Foundation
import TestSupport
import Testing

/// Traces from elsewhere and for elsewhere: `trace --check`, `export`, the JSON Schema, and `init`.
@Suite struct ForeignTraceTests {
  private func withTrace(_ body: (StrataProgram, URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(
        "trace", "--model", Fixtures.tinyLlama, "--prompt", "the cat", "--generate", "2", "--watch", "a", "--top", "3",
        "-q",
        "-o", "t.json")
      #expect(made.status == 0, "\(made.err)")
      try body(strata, folder.appending(path: "t.json"))
    }
  }

  @Test func aSoundTraceIsGood() throws {
    try withTrace { strata, _ in
      let result = try strata.run("trace", "--check", "t.json")
      #expect(result.status == 0, "\(result.err)")
      #expect(result.out.hasPrefix("t.json good: ") && result.out.contains(" rows, 2 columns, "), "\(result.out)")
    }
  }

  @Test(arguments: [
    (#""logprob":\[\[(-?[0-9.e-]+)"#, "0.5", "error: t.json: 'logprob[0][0]': 0.5, expected at most 0\n"),
    (#""target":(\d+)"#, "3", "error: t.json: 'columns[0].target': 3, expected "),
    (#""entropy":\[\[([0-9.e-]+)"#, "99", "error: t.json: 'entropy[0][0]': 99.0, expected 0 to "),
    (#""kl":\[\[([0-9.e-]+)"#, "-1", "error: t.json: 'kl[0][0]': -1.0, expected 0 or more, in nats\n"),
    (#""layer":(1),"point":"block""#, "7", "error: t.json: 'rows["),
    (#""schema":"(strata\.trace/1)""#, "other/9", "error: t.json: "),
    (#""sha256":"([0-9a-f]+)""#, "xyz", "error: t.json: 'model.sha256': 'xyz', expected 64 hexadecimal digits\n"),
    (#""name":"([^"]+)""#, "\\u001b[2J", "error: t.json: 'model.name': a name with U+001B, expected one without "),
    (#""prompt_length":(\d+)"#, "1", "error: t.json: 'prompt_length': 1, expected "),
  ])
  func whatCannotBeIsNamedWithItsPlace(pattern: String, value: String, words: String) throws {
    try withTrace { strata, file in
      let text = try String(contentsOf: file, encoding: .utf8)
      let match = try #require(try text.firstMatch(of: Regex(pattern)))
      let range = try #require(match.output[1].range)
      let changed = text.replacingCharacters(in: range, with: value)
      try Data(changed.utf8).write(to: file)
      let result = try strata.run("trace", "--check", "t.json")
      #expect(result.status == 66)
      #expect(result.err.contains(words), "\(result.err)")
    }
  }

  @Test func aColumnWithoutATargetHasNoRank() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let made = try strata.run(
        "trace", "--model", Fixtures.tinyLlama, "--prompt", "the cat", "--columns", "all", "-q", "-o", "t.json")
      #expect(made.status == 0, "\(made.err)")
      let text = try String(contentsOf: folder.appending(path: "t.json"), encoding: .utf8)
      for (key, value) in [("rank", "5"), ("logprob", "-0.5")] {
        let match = try #require(try text.firstMatch(of: Regex("\"\(key)\":\\[\\[([-0-9.e]+,)*(null)\\]")))
        let range = try #require(match.output[2].range)
        try strata.write(text.replacingCharacters(in: range, with: value), to: "wrong.json")
        let result = try strata.run("trace", "--check", "wrong.json")
        #expect(result.status == 66, "\(result.out)")
        #expect(
          result.err.contains("'\(key)[0][")
            && result.err.contains("\(value), expected null: the column has no target"),
          "\(result.err)")
      }
    }
  }

  /// A name with a line break would otherwise write a line of its own into the terminal, such as one that looks like an error.
  @Test func noStringOfATraceForgesALine() throws {
    try withTrace { strata, file in
      let good = try Data(contentsOf: file)
      try good.write(to: strata.folder.appending(path: "good.json"))
      var trace = try #require(try JSONSerialization.jsonObject(with: good) as? [String: Any])
      var tried = 0
      for (key, value) in trace {
        guard var inner = value as? [String: Any] else { continue }
        for (name, text) in inner where text is String {
          inner[name] = "\(text)\nforged: line"
          trace[key] = inner
          try JSONSerialization.data(withJSONObject: trace).write(to: file)
          inner[name] = text
          trace[key] = inner
          tried += 1
          for command in [
            ["trace", "--check", "t.json"], ["show", "t.json"], ["diff", "good.json", "t.json"],
            ["draw", "t.json", "-o", "x.svg"],
          ] {
            let result = try strata.run(command)
            #expect(!(result.out + result.err).contains("\nforged:"), "\(command) with \(key).\(name): \(result.out)")
          }
        }
      }
      #expect(tried > 5)
    }
  }

  @Test func aKeyThatNothingReadsMayNotStandTwiceEither() throws {
    try withTrace { strata, file in
      let text = try String(contentsOf: file, encoding: .utf8)
      for (old, new, key) in [
        ("{", "{\"note\":1,\"note\":2,", "note"), ("\"model\":{", "\"model\":{\"note\":1,\"note\":1,", "note"),
        ("{", "{" + (0..<40).map { "\"n\($0)\":0," }.joined() + "\"n7\":0,", "n7"),
      ] {
        let range = try #require(text.range(of: old))
        try Data(text.replacingCharacters(in: range, with: new).utf8).write(to: file)
        let result = try strata.run("trace", "--check", "t.json")
        #expect(result.status == 66 && result.err.contains("found '\(key)' twice"), "\(result.err)")
      }
      let range = try #require(text.range(of: "{"))
      try Data(text.replacingCharacters(in: range, with: "{\"note\":1,").utf8).write(to: file)
      #expect(try strata.run("trace", "--check", "t.json").status == 0, "a key that a later version adds")
    }
  }

  @Test func theSchemaNamesEveryKeyOfATrace() throws {
    let schema = try JSONSerialization.jsonObject(
      with: Data(contentsOf: Fixtures.folder.appending(path: "../../docs/trace.schema.json").standardizedFileURL))
    let root = try #require(schema as? [String: Any])
    let properties = try #require(root["properties"] as? [String: Any])
    try withTrace { _, file in
      let trace = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      // Only the trace of a conversation has `chat`, only those of compared words, texts or other models the others.
      let others = ["chat", "attribution", "patching", "changes", "encoder", "masks", "watch_auto"]
      #expect(Set(trace.keys).union(others) == Set(properties.keys))
      #expect(Set(try #require(root["required"] as? [String])) == Set(trace.keys))
      for name in ["model", "lens", "top"] {
        let known = try #require((properties[name] as? [String: Any])?["properties"] as? [String: Any])
        let found = try #require(trace[name] as? [String: Any])
        #expect(Set(found.keys).isSubset(of: known.keys), "\(name)")
      }
    }
  }

  @Test func aTraceIsExportedAsATableAndAsArrays() throws {
    try withTrace { strata, file in
      #expect(try strata.run("export", "t.json", "-o", "t.csv").status == 0)
      #expect(try strata.run("export", "t.json", "-o", "t.npz").status == 0)
      // Python's own readers: what they find is what the trace says.
      let script = """
        import array, csv, io, json, re, struct, zipfile
        trace = json.load(open('t.json'))
        rows, columns = len(trace['rows']), len(trace['columns'])
        lines = list(csv.DictReader(open('t.csv', newline='')))
        assert len(lines) == rows * columns
        for line in lines:
            r, c = int(line['row']), int(line['column'])
            assert int(line['rank']) == trace['rank'][r][c]
            assert float(line['logprob']) == trace['logprob'][r][c]
            assert int(line['top2']) == trace['top']['ids'][r][c][1]
            assert int(line['rank of a']) == trace['watch'][0]['rank'][r][c]
        def load(zip, name):
            data = zip.read(name + '.npy')
            assert data[:8] == b'\\x93NUMPY\\x01\\x00'
            length = struct.unpack('<H', data[8:10])[0]
            assert (10 + length) % 64 == 0
            head = eval(data[10:10 + length])
            return head['shape'], array.array({'<i4': 'i', '<f4': 'f', '|u1': 'B'}[head['descr']], data[10 + length:])
        zip = zipfile.ZipFile('t.npz')
        assert zip.testzip() is None
        shape, values = load(zip, 'rank')
        assert shape == (rows, columns) and list(values) == [x for line in trace['rank'] for x in line]
        shape, values = load(zip, 'logprob')
        flat = [x for line in trace['logprob'] for x in line]
        assert shape == (rows, columns) and all(a == struct.unpack('f', struct.pack('f', b))[0] for a, b in zip_(values, flat))
        shape, values = load(zip, 'top_ids')
        assert shape == (rows, columns, 3)
        shape, values = load(zip, 'watch_rank')
        assert shape == (1, rows, columns)
        assert json.loads(load(zip, 'trace')[1].tobytes()) == trace
        print('same')
        """.replacing("zip_(", with: "__builtins__.zip(")
      let run = try Tool.run(
        "sh", ["-c", "cd '\(file.deletingLastPathComponent().path)' && python3 -c \"$SCRIPT\""],
        environment: ["SCRIPT": script])
      #expect(run.status == 0 && run.output == "same\n", "\(run.output)")
      let wrong = try strata.run("export", "t.json", "-o", "t.xlsx")
      #expect(wrong.status == 64)
    }
  }
}
