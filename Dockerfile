# CPU by default. With a GPU:
#   docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu126 -t tag2mask .
#   docker run --rm --gpus all -v "$PWD:/data" tag2mask run photos --out runs/photos
ARG PYTHON=3.12
FROM python:${PYTHON}-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir torch --index-url ${TORCH_INDEX}
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN pip install --no-cache-dir '/source[review,superpixels]' \
    && useradd --create-home person
USER person
WORKDIR /data
ENTRYPOINT ["tag2mask"]
CMD ["--help"]
