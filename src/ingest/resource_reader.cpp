#include "ingest/resource_reader.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/otlp/mapping.h"
#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

namespace names = otlp::names;

// Takes a text out of the list of members.
std::string taken(std::vector<Object::Member>& members, std::string_view key) {
  for (auto member = members.begin(); member != members.end(); ++member) {
    if (member->key != key || !member->value.is_string()) continue;
    std::string text = std::move(member->value.as_string());
    members.erase(member);
    return text;
  }
  return {};
}

std::uint64_t producer_of(const std::string& instance) noexcept {
  try {
    return SpanId::parse(instance).value;
  } catch (const Error&) {
    return 0;
  }
}

// What only this library writes in this way.
void take_ours(std::vector<Object::Member>& members, Resource& resource) {
  taken(members, names::sdk_name);
  taken(members, names::sdk_language);
  taken(members, names::sdk_version);
  if (resource.service_name == names::unknown_service) resource.service_name.clear();
  std::string instance = taken(members, names::service_instance_id);
  resource.producer_id = producer_of(instance);
  if (resource.producer_id == 0 && !instance.empty()) {
    members.emplace_back(std::string(names::service_instance_id), Value(std::move(instance)));
  }
  for (Object::Member& member : members) {
    if (member.key.starts_with(names::escape)) member.key.erase(0, names::escape.size());
  }
}

}  // namespace

Resource read_resource(std::string_view bytes, const Limits& limits, Cuts& cuts) {
  BatchBuilder scratch(nullptr);
  constexpr std::size_t most_nested_bytes = 16 << 20;
  ValueReader values(limits, cuts, most_nested_bytes);
  values.use(scratch);
  AttributeList list;
  std::uint32_t dropped = 0;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(otlp::resource::attributes):
        values.put(list, values.raw(take(message)));
        break;
      case varint(otlp::resource::dropped_attributes):
        dropped = message.get_uint32();
        break;
      default:
        message.skip();
    }
  }
  if (dropped != 0) values.add(list, names::otel_dropped_attributes, ValueView(std::int64_t{dropped}));
  const Object attributes = to_object(list.finish(scratch));

  std::vector<Object::Member> members(attributes.begin(), attributes.end());
  Resource resource;
  resource.service_name = taken(members, names::service_name);
  resource.service_version = taken(members, names::service_version);
  resource.host_name = taken(members, names::host_name);
  const Value* const pid = attributes.find(names::process_pid);
  if (pid != nullptr && pid->is_int()) {
    resource.process_id = pid->as_int();
    std::erase_if(members, [](const Object::Member& member) { return member.key == names::process_pid; });
  }
  const Value* const sdk = attributes.find(names::sdk_name);
  if (sdk != nullptr && *sdk == Value(names::sdk_name_value)) take_ours(members, resource);
  resource.metadata = Object(std::move(members));
  return resource;
}

Scope read_scope(std::string_view resource, std::string_view bytes, ValueReader& values) {
  Scope scope;
  std::vector<Object::Member> attributes;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(otlp::scope::name):
        scope.name = take(message);
        break;
      case octets(otlp::scope::version):
        scope.version = take(message);
        break;
      case octets(otlp::scope::attributes): {
        const RawAttribute attribute = values.raw(take(message));
        if (attributes.size() < values.limits().attributes_per_record) {
          attributes.emplace_back(std::string(values.copied_text(attribute.key)),
                                  values.value(attribute.value, values.limits()));
        } else {
          ++values.cuts().attributes_dropped;
        }
        break;
      }
      default:
        message.skip();
    }
  }
  scope.is_ours = scope.name == otlp::names::scope_name;
  if (!attributes.empty()) scope.attributes = Object(std::move(attributes));
  scope.hash.add(resource);
  scope.sender = scope.hash.id();
  scope.hash.add(bytes);
  return scope;
}

void say(Scope& scope, ValueReader& values) {
  scope.said.clear();
  scope.said_bytes = 0;
  if (scope.is_ours) return;
  const auto add = [&](std::string_view key, std::string_view text) {
    if (text.empty()) return;
    const ValueView said(values.copied_text(text));
    scope.said.push_back({key, said});
    scope.said_bytes += said.text().size();
  };
  add(names::otel_scope_name, scope.name);
  add(names::otel_scope_version, scope.version);
  if (scope.attributes.is_null()) return;
  const Value& kept = values.builder().keep(std::make_unique<const Value>(scope.attributes));
  scope.said.push_back({names::otel_scope_attributes, ValueView(kept)});
  scope.said_bytes += estimated_size_bytes(kept);
}

}  // namespace spark::detail::ingest
