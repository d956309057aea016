/** What `dist/offhook-phone.js` is made of: defines `<offhook-phone>`. */
import '../../packages/client/src/phone-element/script.ts';
