/// Fills one value of a tree with what an `Encodable` writes.
struct JSONTreeEncoder: Encoder {
  let tree: JSONTree
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    tree.becomeObject()
    return KeyedEncodingContainer(Members(tree: tree, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    tree.becomeList()
    return Elements(tree: tree, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(tree: tree, codingPath: codingPath) }

  /// The place of an element of a list, and of a superclass's members.
  private struct Place: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { (stringValue, self.intValue) = ("Index \(intValue)", intValue) }
  }

  private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let tree: JSONTree
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { tree.member(key.stringValue).writeNull() }

    func encode(_ value: some Encodable, forKey key: Key) throws {
      try tree.member(key.stringValue).write(value, at: codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { encoder(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }

    func superEncoder() -> any Encoder { encoder(Place(stringValue: "super")) }

    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }

    private func encoder(_ key: some CodingKey) -> JSONTreeEncoder {
      JSONTreeEncoder(tree: tree.member(key.stringValue), codingPath: codingPath + [key])
    }
  }

  private struct Elements: UnkeyedEncodingContainer {
    let tree: JSONTree
    let codingPath: [any CodingKey]
    var count: Int { tree.count }

    func encodeNil() { tree.element().writeNull() }

    func encode(_ value: some Encodable) throws {
      let index = count
      try tree.element().write(value, at: codingPath + [Place(intValue: index)])
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      encoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }

    func superEncoder() -> any Encoder { encoder() }

    private func encoder() -> JSONTreeEncoder {
      let path = codingPath + [Place(intValue: count)]
      return JSONTreeEncoder(tree: tree.element(), codingPath: path)
    }
  }

  private struct Single: SingleValueEncodingContainer {
    let tree: JSONTree
    let codingPath: [any CodingKey]

    func encodeNil() { tree.writeNull() }
    func encode(_ value: some Encodable) throws { try tree.write(value, at: codingPath) }
  }
}
