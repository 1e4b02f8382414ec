// Working memory that threads take for one call and give back: calls do not allocate once warm.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace martlet {

template <class T>
class ScratchPool {
 public:
  /// Holds one T until it goes out of scope.
  class Lease {
   public:
    explicit Lease(ScratchPool& pool) : pool_(pool), object_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(object_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    [[nodiscard]] T& operator*() const noexcept { return *object_; }
    [[nodiscard]] T* operator->() const noexcept { return object_.get(); }

   private:
    ScratchPool& pool_;
    std::unique_ptr<T> object_;
  };

 private:
  std::unique_ptr<T> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<T> object = std::move(free_.back());
        free_.pop_back();
        return object;
      }
    }
    return std::make_unique<T>();
  }

  void give_back(std::unique_ptr<T> object) {
    if (!object->worth_keeping()) return;
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(object));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace martlet
