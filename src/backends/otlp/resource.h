// What surrounds the items of every request: the resource, which says who recorded, and the scope, which says that this
// library did.
#pragma once

#include "backends/otlp/fields.h"
#include "backends/otlp/mapping.h"
#include "backends/otlp/values.h"
#include "spark/telemetry/records.h"

namespace spark::detail::otlp {

// Whether the resource itself already says what `key` of its metadata would say again.
[[nodiscard]] inline bool is_told_by(const Resource& resource, std::string_view key) noexcept {
  return (key == names::service_name && !resource.service_name.empty()) ||
         (key == names::service_version && !resource.service_version.empty()) ||
         (key == names::process_pid && resource.process_id != 0) || key == names::sdk_name ||
         key == names::sdk_language || key == names::sdk_version;
}

template <class Writer>
void write_resource(Writer& writer, const Resource& resource) {
  write_attributes(writer, resource::attributes, [&](auto& attributes) {
    if (!resource.service_name.empty()) {
      attributes.text(names::service_name, resource.service_name);
    } else if (!resource.metadata.contains(names::service_name)) {
      attributes.text(names::service_name, names::unknown_service);
    }
    if (!resource.service_version.empty()) attributes.text(names::service_version, resource.service_version);
    // Of these two, what the user says (OTEL_RESOURCE_ATTRIBUTES, say, on Kubernetes) is better than what we found out.
    // Without an instance a platform takes the sums of two processes of one service for one.
    if (resource.producer_id != 0 && !resource.metadata.contains(names::service_instance_id)) {
      attributes.text(names::service_instance_id, SpanId{resource.producer_id}.to_string());
    }
    if (!resource.host_name.empty() && !resource.metadata.contains(names::host_name))
      attributes.text(names::host_name, resource.host_name);
    if (resource.process_id != 0) attributes.integer(names::process_pid, resource.process_id);
    attributes.text(names::sdk_name, names::sdk_name_value);
    attributes.text(names::sdk_language, names::sdk_language_value);
    attributes.text(names::sdk_version, SPARK_VERSION);
    for (const Object::Member& member : resource.metadata) {
      attributes.users(member.key, ValueView(member.value), is_told_by(resource, member.key));
    }
  });
}

// A request with one resource and one scope; `body` writes the items, as element(fields.items, …).
template <class Writer, class Body>
void write_request(Writer& writer, const EnvelopeFields& fields, const Resource& resource, const Body& body) {
  writer.list(fields.resource_items, [&] {
    writer.element(fields.resource_items, [&] {
      writer.message(envelope::resource, [&] { write_resource(writer, resource); });
      writer.list(fields.scope_items, [&] {
        writer.element(fields.scope_items, [&] {
          writer.message(envelope::scope, [&] {
            writer.text(scope::name, names::scope_name);
            writer.text(scope::version, SPARK_VERSION);
          });
          writer.list(fields.items, body);
        });
      });
    });
  });
}

}  // namespace spark::detail::otlp
