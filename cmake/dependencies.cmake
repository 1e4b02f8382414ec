# Every outside dependency, in one place. All come from Debian packages or PyPI wheels that `./dev setup`
# installs; nothing is fetched here.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
set(OPENSSL_USE_STATIC_LIBS ON)  # starting without libcrypto.so is faster
find_package(OpenSSL REQUIRED COMPONENTS SSL Crypto)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)

if(MARTLET_DEVELOPER)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
endif()

# ONNX Runtime's C headers: those that ./dev setup puts into the virtual environment, or the system's.
find_path(MARTLET_ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h
  HINTS ${PROJECT_SOURCE_DIR}/build/venv/include PATH_SUFFIXES onnxruntime)

# OpenVINO's C headers: in its Python package.
file(GLOB _openvino ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/openvino/include)
find_path(MARTLET_OPENVINO_INCLUDE_DIR openvino/c/openvino.h HINTS ${_openvino})

# JPEG and PNG: only the image plug-in links them; without them martlet builds and says at run time what is missing.
pkg_check_modules(TURBOJPEG IMPORTED_TARGET libturbojpeg)
pkg_check_modules(SPNG IMPORTED_TARGET spng)

# Arrow and Parquet: the C++ libraries inside the pyarrow wheel of the virtual environment. Only the Parquet
# plug-in links them; without them martlet builds and says at run time that Parquet needs the plug-in.
set(MARTLET_PYARROW_DIR "" CACHE PATH "Directory of the pyarrow package (headers in include/)")
if(NOT MARTLET_PYARROW_DIR)
  file(GLOB _pyarrow ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/pyarrow)
  if(_pyarrow)
    list(GET _pyarrow 0 MARTLET_PYARROW_DIR)
  endif()
endif()

# gRPC: only its plug-in links it; without it martlet builds, and `serve --grpc` says that the plug-in is missing.
find_package(Protobuf QUIET)
find_package(gRPC CONFIG QUIET)
if(Protobuf_FOUND AND gRPC_FOUND AND TARGET gRPC::grpc_cpp_plugin)
  set(MARTLET_GRPC ON)
endif()
