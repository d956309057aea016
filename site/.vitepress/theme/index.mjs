import { useRoute } from 'vitepress';
import Theme from 'vitepress/theme';
import { h, nextTick, onMounted, watch } from 'vue';
import './style.css';

/** VitePress has a `main` on pages of text alone. */
function addMain() {
  const content = document.querySelector('#VPContent');
  if (content?.querySelector('main')) {
    content.removeAttribute('role');
  } else {
    content?.setAttribute('role', 'main');
  }
}

export default {
  extends: Theme,
  Layout: {
    setup() {
      const route = useRoute();
      onMounted(addMain);
      watch(
        () => route.path,
        () => void nextTick(addMain),
      );
      return () => h(Theme.Layout);
    },
  },
};
