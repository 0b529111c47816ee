#include "instrument_registry.h"

#include <pthread.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "core.h"

namespace spark::detail {

constinit thread_local ThreadShards tls_shards{};

namespace {

Object to_object(const Attributes& attributes) {
  if (attributes.object() != nullptr) return *attributes.object();
  Object result;
  for (const Attribute& attribute : attributes.list()) {
    const std::string key(attribute.key.view());
    const AttributeValue& value = attribute.value;
    switch (value.type()) {
      case AttributeValue::Type::null:
        result.set(key, nullptr);
        break;
      case AttributeValue::Type::boolean:
        result.set(key, value.boolean());
        break;
      case AttributeValue::Type::integer:
        result.set(key, value.integer());
        break;
      case AttributeValue::Type::number:
        result.set(key, value.number());
        break;
      case AttributeValue::Type::text:
        result.set(key, value.text().view());
        break;
      case AttributeValue::Type::value:
        result.set(key, value.value());
        break;
    }
  }
  return result;
}

}  // namespace

InstrumentRegistry& InstrumentRegistry::instance() noexcept {
  static auto* const registry = new InstrumentRegistry;  // measurements may come after static destructors
  return *registry;
}

Instrument* InstrumentRegistry::get(Core& core, AggregationType type, Text name, const InstrumentOptions& options) {
  Object attributes = to_object(options.attributes);
  const std::lock_guard lock(mutex_);
  for (const auto& instrument : instruments_) {
    if (instrument->core == &core && instrument->type == type && instrument->name == name.view() &&
        instrument->unit == options.unit.view() && instrument->attributes == attributes) {
      return instrument.get();
    }
  }
  if (instruments_.size() >= max_instruments) return nullptr;
  auto instrument = std::make_unique<Instrument>();
  instrument->core = &core;
  instrument->type = type;
  instrument->name = name.view();
  instrument->unit = options.unit.view();
  instrument->attributes = std::move(attributes);
  instrument->index = static_cast<std::uint32_t>(instruments_.size());
  owners_[instrument->index].store(&core, std::memory_order_release);
  instruments_.push_back(std::move(instrument));
  return instruments_.back().get();
}

void InstrumentRegistry::give_back(void* table) noexcept {
  tls_shards = {};
  InstrumentRegistry& registry = instance();
  const std::lock_guard lock(registry.mutex_);
  static_cast<Table*>(table)->is_used = false;
}

InstrumentRegistry::Table* InstrumentRegistry::table_of_this_thread() {
  static const std::optional<pthread_key_t> key = [] {
    pthread_key_t made{};
    const bool is_made = pthread_key_create(&made, &InstrumentRegistry::give_back) == 0;
    return is_made ? std::optional(made) : std::nullopt;
  }();
  if (!key) return nullptr;  // the process has none left: nobody would take the table back
  if (auto* table = static_cast<Table*>(pthread_getspecific(*key))) return table;
  const std::lock_guard lock(mutex_);
  const auto free = std::find_if(tables_.begin(), tables_.end(), [](const auto& table) { return !table->is_used; });
  Table* const table = free != tables_.end() ? free->get() : tables_.emplace_back(std::make_unique<Table>()).get();
  table->is_used = true;
  for (std::size_t page = 0; page < page_count; ++page) {
    tls_shards.pages[page] = table->pages[page].load(std::memory_order_relaxed);
  }
  if (pthread_setspecific(*key, table) == 0) return table;
  table->is_used = false;
  tls_shards = {};
  return nullptr;
}

ShardCell* InstrumentRegistry::make_cell(std::uint32_t index) noexcept {
  try {
    Table* const table = table_of_this_thread();
    if (table == nullptr) return nullptr;
    const std::size_t page = index / shard_page_cells;
    if (tls_shards.pages[page] == nullptr) {
      tls_shards.pages[page] = new ShardCell[shard_page_cells];  // kept for the process' life, with the table
      table->pages[page].store(tls_shards.pages[page], std::memory_order_release);
    }
    return tls_shards.pages[page] + index % shard_page_cells;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

Core* InstrumentRegistry::core_of(std::uint32_t index) const noexcept {
  return owners_[index].load(std::memory_order_acquire);
}

bool InstrumentRegistry::has_growth(Core& core) {
  const std::lock_guard lock(mutex_);
  return std::any_of(instruments_.begin(), instruments_.end(), [&](const auto& instrument) {
    if (instrument->core != &core) return false;
    Collected ignored;
    Instrument probe{.core = instrument->core,
                     .type = instrument->type,
                     .name = {},
                     .unit = {},
                     .attributes = {},
                     .index = instrument->index,
                     .gauge = {},
                     .collected_integer = instrument->collected_integer,
                     .collected_number = instrument->collected_number,
                     .collected_distribution = instrument->collected_distribution,
                     .collected_changes = instrument->collected_changes};
    probe.gauge.value.store(instrument->gauge.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
    probe.gauge.changes.store(instrument->gauge.changes.load(std::memory_order_relaxed), std::memory_order_relaxed);
    return take(probe, ignored);
  });
}

// The forking thread holds the lock.
void InstrumentRegistry::hand_over(Core& from, Core& to) noexcept {
  for (const auto& instrument : instruments_) {
    if (instrument->core != &from) continue;
    instrument->core = &to;
    owners_[instrument->index].store(&to, std::memory_order_release);
    try {
      Collected of_the_parent;
      (void)take(*instrument, of_the_parent);
    } catch (const std::bad_alloc&) {
      // The child's first collection then has what the parent's next one has too.
    }
  }
}

bool InstrumentRegistry::take(Instrument& instrument, Collected& collected) const {
  if (instrument.type == AggregationType::gauge) {
    const std::uint64_t changes = instrument.gauge.changes.load(std::memory_order_acquire);
    if (changes == instrument.collected_changes) return false;
    const bool is_first = instrument.collected_changes == 0;
    instrument.collected_changes = changes;
    collected.value = instrument.gauge.value.load(std::memory_order_relaxed);
    const double before = std::exchange(instrument.collected_number, collected.value);
    return is_first || std::bit_cast<std::uint64_t>(before) != std::bit_cast<std::uint64_t>(collected.value);
  }
  std::int64_t integer = 0;
  double number = 0;
  Distribution distribution;
  for (const auto& table : tables_) {
    const ShardCell* page = table->pages[instrument.index / shard_page_cells].load(std::memory_order_acquire);
    if (page == nullptr) continue;
    const ShardCell& cell = page[instrument.index % shard_page_cells];
    if (instrument.type == AggregationType::counter) {
      integer += cell.integer.load(std::memory_order_relaxed);
      number += cell.number.load(std::memory_order_relaxed);
    } else if (const HistogramShard* shard = shard_of(cell)) {
      shard->add_to(distribution);
    }
  }
  if (instrument.type == AggregationType::counter) {
    collected.value = static_cast<double>(integer - std::exchange(instrument.collected_integer, integer)) +
                      (number - std::exchange(instrument.collected_number, number));
    return collected.value != 0;
  }
  if (distribution.count == instrument.collected_distribution.count) return false;
  auto growth = std::make_unique<Distribution>(difference(distribution, instrument.collected_distribution));
  instrument.collected_distribution = std::move(distribution);
  collected.value = growth->sum;
  collected.distribution = std::move(growth);
  return true;
}

namespace {

// The first measurement of a thread, one out of the shard's range, and what is not finite. Apart from
// Histogram::record, which would otherwise save registers for it each time.
[[gnu::noinline]] void record_slowly(std::uint32_t index, ShardCell& cell, double value) noexcept {
  if (std::isnan(value)) return InstrumentRegistry::instance().core_of(index)->refuse_measurement();
  constexpr double largest = std::numeric_limits<double>::max();
  value = std::clamp(value, -largest, largest);
  HistogramShard* shard = shard_of(cell);
  if (shard != nullptr && shard->record(value)) return;
  try {
    auto next = shard == nullptr ? std::make_unique<HistogramShard>(max_scale) : shard->coarser(value);
    next->previous.reset(shard);
    shard = next.release();
  } catch (const std::bad_alloc&) {
    return InstrumentRegistry::instance().core_of(index)->refuse_measurement();
  }
  (void)shard->record(value);  // now there is room
  cell.integer.store(static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(shard)), std::memory_order_release);
}

}  // namespace

ShardCell* make_shard_cell(std::uint32_t index) noexcept { return InstrumentRegistry::instance().make_cell(index); }

}  // namespace spark::detail

namespace spark {

void Counter::refuse() noexcept { detail::InstrumentRegistry::instance().core_of(index_)->refuse_measurement(); }

void Gauge::set(double value) noexcept {
  if (cell_ == nullptr) return;
  cell_->value.store(value, std::memory_order_relaxed);
  cell_->changes.fetch_add(1, std::memory_order_release);
}

void Histogram::record(double value) noexcept {
  detail::ShardCell* const cell = detail::shard_cell(index_);
  if (cell == nullptr) return;
  detail::HistogramShard* const shard = detail::shard_of(*cell);
  if (shard == nullptr || !std::isfinite(value) || !shard->record(value)) [[unlikely]] {
    detail::record_slowly(index_, *cell, value);
  }
}

}  // namespace spark
